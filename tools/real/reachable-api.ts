/** The address and credentials of an API server for a program outside of it. */
export interface ReachableApi {
  readonly url: string;
  /** File with the CA of its certificate, PEM. */
  readonly caFile: string;
  readonly kubeconfigPath: string;
}
