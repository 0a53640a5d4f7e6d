'use strict';
// The whole TypeScript transform of the test runner: types are blanked out, positions stay.
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
};
