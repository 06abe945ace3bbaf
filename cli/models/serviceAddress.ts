/** Where a service is, and what messages call it. */
export interface ServiceAddress {
  readonly container: string;
  /** as it is reached from here: over SSH, a tunnel's end */
  readonly url: string;
  /** the same as its host reaches it, for messages */
  readonly hostUrl: string;
}
