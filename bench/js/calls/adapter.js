'use strict';

require('../../../dist/synckit').runAsWorker(async (value) => value);
