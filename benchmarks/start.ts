/**
 * W6: from the configuration as text to the first answer, and what is kept on the heap, each in a fresh
 * process. Noise only adds, so the best of several counts.
 */
import type { Start } from './contestant.ts'
import { enter, leave } from './process.ts'

/** With 1,000 and with 10,000 flags. */
export interface Starts {
  readonly few: Start
  readonly many: Start
}

/** Of each subject that could be started. */
export async function measureStarts(names: readonly string[], times: number): Promise<Map<string, Starts>> {
  const found = new Map<string, Starts>()
  const runs = new Map(names.map((name) => [name, { few: [] as Start[], many: [] as Start[] }]))
  for (let i = 0; i < times; i++) {
    for (const [name, { few, many }] of runs) {
      few.push(...(await one(name, '1000')))
      many.push(...(await one(name, '10000')))
    }
  }
  for (const [name, { few, many }] of runs) {
    if (few.length > 0 && many.length > 0) found.set(name, { few: best(few), many: best(many) })
  }
  console.error('W6 measured')
  return found
}

async function one(name: string, flags: string): Promise<Start[]> {
  const contestant = await enter(name, flags, ['--expose-gc'])
  if (typeof contestant === 'string') return []
  await leave(contestant)
  return [contestant.start]
}

function best(starts: readonly Start[]): Start {
  return {
    ms: Math.min(...starts.map(({ ms }) => ms)),
    heapMb: Math.min(...starts.map(({ heapMb }) => heapMb)),
  }
}
