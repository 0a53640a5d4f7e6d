export const rooms: Readonly<Record<string, readonly string[]>>;
export const packageHomes: Readonly<Record<string, readonly string[]>>;
export const pure: readonly string[];
