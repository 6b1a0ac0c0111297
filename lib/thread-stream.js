'use strict';

/* thread-stream.js - `ringport/thread-stream`; implemented in thread-stream/index.js. */

const ringport = require('./index.js');

module.exports = ringport[Symbol.for('ringport.entries')].stream().ThreadStream;
