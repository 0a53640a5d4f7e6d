import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Workload } from '../../src/policy/workload.ts';
import { createViews } from '../../src/policy/view-of.ts';
import { createAssembler } from '../../src/xds/resources/resource-set.ts';
import type { Resource, ResourceSet } from '../../src/xds/resources/resource.ts';
import { describeDiagnostics, describeModel, readStory } from '../support/stories/story.ts';
import { jsonOf } from '../support/resources/messages.ts';

const stories = import.meta.dirname;

/** The golden stories: folders beside this file with an `input.yaml`. */
export function storyNames(): readonly string[] {
  return readdirSync(stories, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export function storyDirectory(story: string): string {
  return join(stories, story);
}

/** A story through all stages: what it should write, and what each of its pods is to have. */
export interface PlayedStory {
  /** Text by path below the story's folder. */
  readonly files: ReadonlyMap<string, string>;
  /** By `<namespace>/<pod>`; without secrets. */
  readonly sets: ReadonlyMap<string, ResourceSet>;
}

export function playStory(story: string): PlayedStory {
  const input = readFileSync(join(stories, story, 'input.yaml'), 'utf8');
  const { model, diagnostics } = readStory(input).compilation;
  const views = createViews();
  const assembler = createAssembler();
  const setOf = (workload: Workload): ResourceSet =>
    assembler.assemble(views.viewOf(model, workload), model.endpoints, undefined);
  const sets = new Map(
    [...model.workloads.values()].map((workload) => [workload.pod, setOf(workload)]),
  );
  const files = new Map([
    ['model.yaml', describeModel(model)],
    ['diagnostics.yaml', describeDiagnostics(diagnostics)],
    ...[...sets].map(([pod, set]): [string, string] => [proxyFile(pod), describeProxy(set)]),
  ]);
  return { files, sets };
}

function proxyFile(pod: string): string {
  return `proxies/${pod.replace('/', '.')}.yaml`;
}

const order = ['listener', 'extension', 'route', 'cluster', 'endpoint'] as const;

/** Proto-JSON as YAML, by type and name, with the objects that each resource came from. */
function describeProxy(set: ResourceSet): string {
  const shared = new Map<string, unknown>();
  const types = order.map((type) => [
    type,
    [...set[type].values()].sort(byName).map((resource) => ({
      ...(resource.origins.length > 0 ? { origins: resource.origins.map(describeOrigin) } : {}),
      resource: intern(jsonOf(resource), shared),
    })),
  ]);
  return dump(Object.fromEntries(types), { lineWidth: 120, sortKeys: false });
}

function describeOrigin(origin: Resource['origins'][number]): string {
  const { kind, namespace, name, generation } = origin;
  return `${kind}/${namespace}/${name}@${String(generation)}`;
}

function byName(a: Resource, b: Resource): number {
  return a.name < b.name ? -1 : 1;
}

/** Below this, a repeated part is easier to read than a reference to it. */
const worthSharing = 300;

/** Makes equal parts of some size one object, so that YAML writes them once and refers to them. */
function intern(value: unknown, shared: Map<string, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  const before = shared.get(text);
  if (before !== undefined) return before;
  const made = Array.isArray(value)
    ? value.map((item) => intern(item, shared))
    : Object.fromEntries(
        Object.entries(value).map(([key, part]: [string, unknown]) => [key, intern(part, shared)]),
      );
  if (text.length >= worthSharing) shared.set(text, made);
  return made;
}
