/** What a request takes, and how old the word may be that lets it. */
export interface Price {
  /** Units of the owner's limit; 0 takes none and only wants to know that the credential is good now. */
  readonly cost: number;
  /** Greatest age of a lease that is accepted; 0 asks the Ring for this very request. */
  readonly leaseSeconds: number;
  /** This isolate's clock when the request came in. */
  readonly startedAt: number;
  /** Whether grace counts although the Ring is asked anew: for somebody who was let in by a route that it counts for. */
  readonly mayGoOn?: boolean | undefined;
  /** What is paid next, where it costs nothing only because the Ring is to say first whether the credential is good. */
  readonly next?: number;
}
