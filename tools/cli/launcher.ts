import type { Form } from '../images/bundle.ts';

/*
 * A file without an extension is an ES module or CommonJS by the package.json above it, which is not known
 * here, and older versions of Node cannot read every file that the newest can. So the file has neither
 * `import` nor `require`: every version of Node reads it either way, and runs at least the first
 * lines. These are plain ES5 for the same reason.
 */
const firstLines = String.raw`#!/usr/bin/env node
'use strict';
if (parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    'weft needs Node 24 or newer, and this is Node ' + process.versions.node + ' (' + process.execPath + ').\n' +
    '  \u2192 Install Node 24 (https://nodejs.org) where your shell finds it before this one, or name it: /path/to/node24 ' + process.argv[1] + '\n' +
    '  \u2192 Where Weft was built there is one: node_modules/.bin/node out/weft\n'
  );
  process.exit(1);
}
var require = process.getBuiltinModule('node:module').createRequire(process.argv[1]);`;

/** A file that any Node runs by its name, in any folder. Before version 24, it prints only the version it needs. */
export const launcher: Form = { format: 'iife', banner: { js: firstLines } };
