import { type Kind } from '../api/kinds.ts';
import { isDistrust } from '../common/distrust.ts';
import { WeftError } from '../common/errors.ts';
import { apiStatusOf } from '../kubernetes/api-failure.ts';

/** Why a command failed, and the next steps for the user. */
export interface CommandFailure {
  readonly message: string;
  readonly advice: readonly string[];
}

/** The call to the API server that failed. */
export interface AttemptedCall {
  readonly verb: 'get' | 'list';
  readonly kind: Kind;
  readonly namespace: string;
  /** URL of the API server. */
  readonly server: string;
}

/** Where the rights that this program needs are granted. */
const grant = 'config/samples/cli-reader-role.yaml grants all that this command reads';

/** The message and advice for a failed call, in words for a first-time user. */
export function describeCallFailure(error: unknown, attempt: AttemptedCall): CommandFailure {
  const answer = apiStatusOf(error);
  const resource = resourceOf(attempt.kind);
  switch (answer?.status) {
    case undefined:
      return noAnswer(error, attempt.server);
    case 401:
      return {
        message: `The API server ${attempt.server} rejects your credentials.`,
        advice: ['Log in again, or choose another user: --context or --kubeconfig.'],
      };
    case 403:
      return {
        message: `You may not ${attempt.verb} ${resource} in namespace ${attempt.namespace}.`,
        advice: [
          `Ask an administrator for that right: ${grant}.`,
          `To check: kubectl auth can-i ${attempt.verb} ${resource} -n ${attempt.namespace}`,
        ],
      };
    case 404:
      return {
        message: `This cluster does not know ${attempt.kind.kind}s: Weft is not installed, or an older version is.`,
        advice: ['Install it: kubectl apply -k config/default'],
      };
    default:
      return { message: `The API server answered: ${WeftError.from(error).message}`, advice: [] };
  }
}

/** A kubeconfig that cannot be used. */
export function describeConnectionFailure(error: unknown): CommandFailure {
  const { message, cause } = WeftError.from(error);
  const detail = cause instanceof Error ? ` (${cause.message})` : '';
  return {
    message: `Cannot connect to the cluster: ${message}${detail}.`,
    advice: [
      'Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context in it with --context.',
    ],
  };
}

export function resourceOf({ plural, group }: Kind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function noAnswer(error: unknown, server: string): CommandFailure {
  if (error instanceof WeftError && error.code === 'configuration-invalid') {
    return describeConnectionFailure(error);
  }
  const { code, text } = root(error);
  if (isDistrust(code)) {
    return {
      message: `The certificate of ${server} is not trusted: ${text}.`,
      advice: [
        "Put the cluster's CA into the kubeconfig, as certificate-authority-data. The command always verifies the certificate.",
      ],
    };
  }
  return {
    message: `No answer from the API server ${server}: ${text}.`,
    advice: [
      'Check that the cluster runs, or choose another cluster with --context or --kubeconfig.',
    ],
  };
}

/** The innermost cause, which has the most precise message. */
function root(error: unknown): { readonly code: string; readonly text: string } {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (inner instanceof AggregateError && inner.errors.length > 0) inner = inner.errors[0];
  const text = inner instanceof Error ? inner.message : String(inner);
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  return { code, text };
}
