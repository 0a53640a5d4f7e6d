import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { oneof } from '../../envoy/oneof.ts';
import {
  type Permission,
  PermissionSchema,
  RBAC_Action,
} from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { BufferSchema } from '../../envoy/gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js';
import { HeaderMutationSchema } from '../../envoy/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js';
import { RBACSchema } from '../../envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { type HeaderMatcher, exactHeader, presentHeader, regexHeader } from './header-matcher.ts';
import { rbacFilterName } from './rbac-http.ts';

/**
 * Buffers the whole request, so that its length is known even if it was not declared: Envoy writes the length of the
 * buffered body into the request. One byte is the least that this filter can hold.
 */
const held = filter('envoy.filters.http.buffer', any(BufferSchema, { maxRequestBytes: 1 }));

const bare = filter(
  rbacFilterName,
  any(RBACSchema, {
    rulesStatPrefix: 'bare-',
    rules: {
      action: RBAC_Action.ALLOW,
      policies: {
        bare: {
          principals: [{ identifier: { case: 'any', value: true } }],
          permissions: [
            allOf([
              header(regexHeader(':method', 'GET|HEAD')),
              anyOf([
                not(header(presentHeader('content-length'))),
                header(exactHeader('content-length', '0')),
              ]),
            ]),
          ],
        },
      },
    },
  }),
);

/** Removes whatever a caller says about itself and its wishes. A route adds the headers that the application gets. */
const anonymous = filter(
  'envoy.filters.http.header_mutation',
  any(HeaderMutationSchema, {
    mutations: {
      requestMutations: [
        {
          action: {
            case: 'removeOnMatch',
            value: {
              keyMatcher: { matchPattern: { case: 'safeRegex', value: { regex: '[^:].*' } } },
            },
          },
        },
      ],
    },
  }),
);

/**
 * Filters that pass a GET or HEAD without body, stripped of all headers, and answer 403 or 413 to other requests
 * (docs/decisions/0090).
 */
export const bareGet: readonly HttpFilter[] = [held, bare, anonymous];

function filter(name: string, value: ReturnType<typeof any>): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: 'typedConfig', value } });
}

function header(value: HeaderMatcher): Permission {
  return create(PermissionSchema, { rule: oneof('header', value) });
}

function not(rule: MessageInitShape<typeof PermissionSchema>): Permission {
  return create(PermissionSchema, { rule: oneof('notRule', rule) });
}

function allOf(rules: MessageInitShape<typeof PermissionSchema>[]): Permission {
  return create(PermissionSchema, { rule: oneof('andRules', { rules }) });
}

function anyOf(rules: MessageInitShape<typeof PermissionSchema>[]): Permission {
  return create(PermissionSchema, { rule: oneof('orRules', { rules }) });
}
