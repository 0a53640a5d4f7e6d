import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HeaderMatcherSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { StringMatcherSchema } from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';
import { oneof } from '../../envoy/oneof.ts';

export type HeaderMatcher = MessageInitShape<typeof HeaderMatcherSchema>;
type StringMatcher = MessageInitShape<typeof StringMatcherSchema>;

/** The header, or pseudo-header, is there with exactly this value. */
export function exactHeader(name: string, exact: string): HeaderMatcher {
  return matching(name, { matchPattern: { case: 'exact', value: exact } });
}

/** The header is there and RE2 `regex` matches its whole value. */
export function regexHeader(name: string, regex: string): HeaderMatcher {
  return matching(name, { matchPattern: { case: 'safeRegex', value: { regex } } });
}

/** The header is there, with any value. */
export function presentHeader(name: string): HeaderMatcher {
  return { name, headerMatchSpecifier: oneof('presentMatch', true) };
}

function matching(name: string, matcher: StringMatcher): HeaderMatcher {
  return { name, headerMatchSpecifier: oneof('stringMatch', matcher) };
}
