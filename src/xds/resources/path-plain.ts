// Defines which paths mean the same to every application. Where a rule judges a path, the application gets it as it was
// sent. So a path that some server resolves to another path is refused, not rewritten. Regular expressions (RE2) over
// the whole path without query. An escape counts however often it is escaped again (docs/decisions/0087).

const dot = '(?:\\.|%(?:25)*2[eE])';
const separator = '(?:[/\\\\]|%(?:25)*(?:2[fF]|5[cC]))';
const semicolon = '(?:;|%(?:25)*3[bB])';
const blank = '%(?:25)*(?:[01][0-9a-fA-F]|20)';

/** Valid UTF-8 and well-formed escapes; no backslash, blank, control character or fragment. */
export const wellFormedPath = '(?:[^%\\\\#\\x00-\\x20\\x7f]|%[0-9A-Fa-f]{2})*';

/** Parts of a path that some server resolves away, or that end a path early at some server. */
export const ambiguousPath = [
  // An empty segment, also one that is empty once its parameters are removed, as in /a/;x/b.
  `${separator}(?:${separator}|${semicolon})`,
  // The segments . and .. with or without parameters.
  `(?:^|${separator})${dot}{1,2}(?:${separator}|${semicolon}|${blank}|$)`,
  // NUL.
  '%(?:25)*00',
  // Overlong UTF-8, which some decoders take for a dot or a slash.
  '%(?:25)*(?:[cC][01]|[eE]0%(?:25)*[89]|[fF]0%(?:25)*8)',
]
  .map((part) => `.*${part}.*`)
  .join('|');

/** An escape or a parameter: an application may remove it from a path or read it as another character. */
export const escapedPath = '.*[%;].*';
