/**
 * What a terminal and a page of the console both show, so that a person sees that they belong together: eight
 * letters and digits of the challenge, which whoever sends somebody else a link cannot choose.
 */

/** `K3F9-QX2M` of a challenge in base64url. */
export function wordOfChallenge(challenge: string): string {
  const plain = challenge.replaceAll(/[^a-z0-9]/gi, '').toUpperCase()
  return `${plain.slice(0, 4)}-${plain.slice(4, 8)}`
}
