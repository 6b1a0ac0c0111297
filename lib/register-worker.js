'use strict';

// What `ringport/register` preloads in threads that would not preload it themselves: a
// file of its own, so that it is not taken for what a user has put on the command line.

require('./register.js');
