/**
 * Whether the server can serve: each part adds a probe under its name when the app is composed.
 */

/** What a part says about itself; `ok: false` makes the server not ready. */
export type PartState = { readonly ok: boolean } & Readonly<Record<string, unknown>>

/** Answers at once from what the part knows; a probe that throws or takes over 2 s counts as not ok. */
export type Probe = () => PartState | Promise<PartState>

export interface Readiness {
  /** Adds a part. */
  register(name: string, probe: Probe): void
  /** Asks all parts. */
  check(): Promise<{ readonly ready: boolean } & Readonly<Record<string, unknown>>>
}

const PROBE_MS = 2_000

/** No parts yet. */
export function createReadiness(): Readiness {
  const probes = new Map<string, Probe>()
  return {
    register(name, probe) {
      if (probes.has(name) || name === 'ready') throw new Error(`there already is a readiness probe ${name}`)
      probes.set(name, probe)
    },
    async check() {
      const parts = await Promise.all(
        [...probes].map(async ([name, probe]) => [name, await ask(probe)] as const),
      )
      return { ready: parts.every(([, state]) => state.ok), ...Object.fromEntries(parts) }
    },
  }
}

async function ask(probe: Probe): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<PartState>((resolve) => {
    timer = setTimeout(resolve, PROBE_MS, { ok: false, problem: 'no answer in time' })
  })
  try {
    return await Promise.race([(async () => await probe())(), late])
  } catch {
    return { ok: false, problem: 'it cannot be reached' }
  } finally {
    clearTimeout(timer)
  }
}
