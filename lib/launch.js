'use strict';

/*
 * launch.js - what a Worker does around the start of its thread: nothing, until `ringport/register` sees
 * to it that the thread begins with ringport.
 */

module.exports = {
  /** @returns {object | undefined} the options to give to Node's Worker */
  begin: (options) => options,
  /** Node's constructor has returned, or thrown. */
  end() {},
};
