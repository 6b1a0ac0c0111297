/** The file that the workers of a `Pool` run: for bundlers. It exports nothing. */
export {};
