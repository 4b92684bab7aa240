/** Something that works in the background until it is closed; closing twice is the same as once. */
export interface Closable {
  close(): void
}
