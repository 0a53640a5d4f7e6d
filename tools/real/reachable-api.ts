/** An API server as a program outside of it reaches it. */
export interface ReachableApi {
  readonly url: string;
  /** File with the CA of its certificate, PEM. */
  readonly caFile: string;
  readonly kubeconfigPath: string;
}
