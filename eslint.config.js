'use strict';

const js = require('@eslint/js');
const stylistic = require('@stylistic/eslint-plugin');
const globals = require('globals');

const style = {
  'brace-style': ['error', '1tbs', { allowSingleLine: true }],
  'comma-dangle': ['error', 'only-multiline'],
  'eol-last': 'error',
  'indent': ['error', 2, {
    SwitchCase: 1, offsetTernaryExpressions: true, flatTernaryExpressions: true,
  }],
  'keyword-spacing': 'error',
  'max-len': ['error', {
    code: 100, comments: 90, ignoreUrls: true, ignoreTemplateLiterals: true, ignoreStrings: true,
  }],
  'no-multiple-empty-lines': ['error', { max: 1 }],
  'no-tabs': 'error',
  'no-trailing-spaces': 'error',
  'object-curly-spacing': ['error', 'always'],
  'quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
  'semi': ['error', 'always'],
  'space-before-blocks': 'error',
  'space-infix-ops': 'error',
};

module.exports = [
  { ignores: ['build/', 'dist/', 'prebuilds/', 'coverage/', '.cache/', '**/*.d.ts'] },
  js.configs.recommended,
  {
    plugins: { stylistic },
    languageOptions: {
      // What newer Nodes have is there for the tests; the sources ask before they use it.
      ecmaVersion: 2025, sourceType: 'commonjs', globals: { ...globals.node, ...globals.builtin },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...Object.fromEntries(
        Object.entries(style).map(([name, rule]) => [`stylistic/${name}`, rule])),
      'curly': ['error', 'multi-line'],
      'eqeqeq': ['error', 'always', { null: 'ignore' }],
      'no-control-regex': 'off', // text is searched for NUL on purpose
      'no-unused-vars': ['error', { args: 'after-used', caughtErrors: 'all' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      'strict': ['error', 'global'],
    },
  },
  { files: ['**/*.mjs'], languageOptions: { sourceType: 'module' }, rules: { strict: 'off' } },
  { files: ['lib/**', 'scripts/**'], rules: { 'no-shadow': 'error' } },
  {
    files: ['test/**/*.js'],
    languageOptions: { globals: globals.mocha },
    rules: {
      'no-sparse-arrays': 'off',
      // Tables of values read better wide.
      'stylistic/max-len': ['error', { ...style['max-len'][1], code: 120 }],
    },
  },
];
