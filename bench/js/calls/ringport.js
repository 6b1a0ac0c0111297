'use strict';

require('../../..').parentPort.handle(async (value) => value);
