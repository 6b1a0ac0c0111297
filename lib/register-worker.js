'use strict';

// register-worker.js - the preload that `ringport/register` adds to the execArgv of
// threads. A separate file, to tell it from a user's own `-r ringport/register`.

require('./register.js');
