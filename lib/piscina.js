'use strict';

/* piscina.js - the module `ringport/piscina`; implemented in pool/piscina.js. */

const ringport = require('./index.js');

module.exports = ringport[Symbol.for('ringport.entries')].pool().loadPiscina();
