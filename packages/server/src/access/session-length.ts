/** How long a session lasts, in milliseconds. */
export const SESSION_MS = 7 * 24 * 3_600_000
