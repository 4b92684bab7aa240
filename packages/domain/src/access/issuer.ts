/** Where a provider may be called without TLS: on the same machine, where nobody else is on the way. */

/** Whether a host is this machine, by its name or an address; as `URL` writes hosts. */
export function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
