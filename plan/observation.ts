/** How a thing on the host was seen to compare with what is declared. */
export interface Observation {
  readonly inSync: boolean;
  /** what differs, with the time where something does, so that the same difference seen twice is mended twice */
  readonly text: string;
}
