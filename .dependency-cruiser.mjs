import { packageHomes, pure, rooms } from './tools/rooms.mjs';

const escape = (text) => text.replaceAll(/[/.\-@]/g, '\\$&');
const tests = '\\.test\\.ts$';

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import only: ${allowed.join(', ') || 'nothing'} (tools/rooms.mjs)`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: tests },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

const packageRules = Object.entries(packageHomes).map(([name, homes]) => ({
  name: `home-of-${name}`,
  comment: `${name} may be imported only in: ${homes.join(', ')} (tools/rooms.mjs)`,
  severity: 'error',
  from: { path: '^src/', pathNot: [tests, ...homes.map((h) => `^src/${h}(/|\\.ts$)`)] },
  to: { path: `node_modules/${escape(name)}/` },
}));

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one idea, or a third one is missing.',
      severity: 'error',
      from: { pathNot: '^src/envoy/gen/' },
      to: { circular: true },
    },
    ...roomRules,
    ...packageRules,
    {
      name: 'undeclared-package',
      comment: 'Give the package a home in tools/rooms.mjs and a line in docs/dependencies.md.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: `node_modules/(${Object.keys(packageHomes).map(escape).join('|')})/`,
      },
    },
    {
      name: 'node-only-at-the-edges',
      comment: 'What decides does no I/O: no node: module here.',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/`, pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'common-earns-its-place',
      comment:
        'A file in common needs at least two users; move it to the one it has. (hash.ts is ' +
        "node's crypto behind a pure face, for rooms that may not import node: themselves.)",
      severity: 'error',
      from: {},
      module: {
        path: '^src/common/',
        pathNot: [tests, 'hash\\.ts$'],
        numberOfDependentsLessThan: 2,
      },
    },
    {
      name: 'reachable-from-main',
      comment: 'A source file that the program cannot reach is dead.',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: [tests, '^src/envoy/gen/'], reachable: false },
    },
    {
      name: 'src-knows-no-tests',
      comment: 'Product code never imports tests or tools.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^(test|tools|demo)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^out/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      conditionNames: ['import', 'node'],
    },
  },
};
