'use strict';

require('synckit').runAsWorker(async (value) => value);
