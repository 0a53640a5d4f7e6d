/** The kinds of policies that users write and Weft gives a status. */
export const policyKinds = ['TrafficTarget', 'HTTPRouteGroup', 'TCPRoute', 'TrafficSplit'] as const;
export type PolicyKind = (typeof policyKinds)[number];
