'use strict';

/*
 * launch.js - what a Worker does around the start of its thread. `ringport/register` sees to it that the
 * thread begins with ringport.
 */

module.exports = {
  /** A module of lib/, loaded as this one was: see index.js. @param {string} name */
  load: (name) => require(`./${name}`),
  /** Threads are to be started; see index.js. */
  prepare() {},
  /** @returns {object | undefined} the options to give to Node's Worker */
  begin: (options) => options,
  /** Node's constructor has returned, or thrown. */
  end() {},
};
