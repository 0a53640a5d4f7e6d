import { describe, expect, it } from '@jest/globals';
import { kinds } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import { failureOf, noAnswer } from '../kubernetes/api-failure.ts';
import { describeCallFailure, describeConnectionFailure } from './failure.ts';

const asked = {
  verb: 'list',
  kind: kinds.meshRootCertificate,
  namespace: 'mesh',
  server: 'https://10.0.0.1:6443',
} as const;

function refused(status: number): WeftError {
  return failureOf({ status, reason: undefined, message: 'said so', retryAfterMs: undefined });
}

function broken(code: string, message: string): WeftError {
  return noAnswer(
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) }),
  );
}

describe('the report of a failed call has the next step', () => {
  it.each([
    ['unknown user', refused(401), /rejects your credentials/, /Log in again/],
    [
      'missing right',
      refused(403),
      /^You may not list meshrootcertificates\.config\.openservicemesh\.io in namespace mesh\.$/,
      /cli-reader-role\.yaml/,
    ],
    [
      'missing kind',
      refused(404),
      /does not know MeshRootCertificates/,
      /kubectl apply -k config\/default/,
    ],
    [
      'nobody there',
      broken('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:6443'),
      /^No answer from the API server https:\/\/10\.0\.0\.1:6443: connect ECONNREFUSED 10\.0\.0\.1:6443\.$/,
      /--context/,
    ],
    [
      'nobody at any address',
      noAnswer(new AggregateError([new Error('connect ECONNREFUSED ::1:6443')])),
      /: connect ECONNREFUSED ::1:6443\.$/,
      /Check that the cluster runs/,
    ],
    [
      'a certificate of another server',
      broken('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'),
      /^The certificate of https:\/\/10\.0\.0\.1:6443 is not trusted: self-signed/,
      /certificate-authority-data/,
    ],
    [
      'credentials that cannot be had',
      new WeftError('configuration-invalid', 'the kubeconfig gives no credentials', {
        cause: new Error('spawn aws ENOENT'),
      }),
      /^Cannot connect to the cluster: the kubeconfig gives no credentials \(spawn aws ENOENT\)\.$/,
      /--kubeconfig/,
    ],
  ])('%s', (...[, error, message, advice]) => {
    const failure = describeCallFailure(error, asked);
    expect(failure.message).toMatch(message);
    expect(failure.advice.join('\n')).toMatch(advice);
  });

  it('in the words of the API server when they are all there is', () => {
    expect(describeCallFailure(refused(422), asked).message).toMatch(/422 said so$/);
  });
});

it('names the file that cannot be read', () => {
  const cause = new Error("ENOENT: no such file or directory, open '/nowhere'");
  const error = new WeftError('configuration-invalid', 'the kubeconfig cannot be read', { cause });
  expect(describeConnectionFailure(error).message).toBe(
    `Cannot connect to the cluster: the kubeconfig cannot be read (${cause.message}).`,
  );
});
