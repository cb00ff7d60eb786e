/** What an oracle reports at a quiescent point. */
export interface Finding {
  readonly rule: string;
  readonly message: string;
}
