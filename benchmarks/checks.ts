/**
 * Right answers first: a subject that answers a workload wrongly is not timed in it.
 */
import type { Calls } from './subject.ts'
import { isMember, USERS, VARIANTS } from './workload.ts'
import type { User, Workload } from './workload.ts'

const SAMPLE = 4_000
/** Slow subjects answer fewer: as many as in this time, in milliseconds, and at least so many. */
const BUDGET_MS = 1_000
const AT_LEAST = 300
/** 4.5 standard deviations. */
const SIGMAS = 4.5

/** Throws an Error that says what was wrong. */
export async function check(workload: Workload, calls: Calls, users: readonly User[]): Promise<void> {
  const sample = users.filter((_, place) => place % (USERS / SAMPLE) < 1)
  switch (workload) {
    case 'W1':
      demand((await calls.w1(userAt(users, 0))) === true, 'W1 is not on')
      return demand((await calls.w1off(userAt(users, 0))) === false, 'the other flag of W1 is not off')
    case 'W2':
      await checkShare(sample, 0.5, async (user) => {
        const answer = await calls.w2(user)
        demand(typeof answer === 'boolean', 'W2 is no boolean')
        demand(answer === (await calls.w2(user)), 'W2 changes its mind')
        return answer === true
      })
      return
    case 'W3':
      for (const [probe, expected] of PROBES) {
        demand(
          (await calls.w3({ ...BASE, ...probe })) === expected,
          `W3 is wrong for ${JSON.stringify(probe)}`,
        )
      }
      return await checkShare(sample, 0.25, async (user) => (await calls.w3(user)) === true)
    case 'W4':
      for (const variant of VARIANTS) {
        await checkShare(sample, 0.25, async (user) => {
          const answer: unknown = await calls.w4(user)
          const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
          demand(
            VARIANTS.some((it) => JSON.stringify(it) === text),
            `W4 is worth ${text}`,
          )
          return text === JSON.stringify(variant)
        })
      }
      return
    case 'W5':
      return await checkAll(calls, users)
    case 'W7':
      await forSample(users.slice(0, SAMPLE), async (user, place) =>
        demand((await calls.w7(user)) === isMember(place), `W7 is wrong for user ${place}`),
      )
  }
}

async function checkAll({ w5, w2 }: Calls, users: readonly User[]): Promise<void> {
  if (w5 === undefined) throw new Error('there is no call for all flags')
  let rules = 0
  for (const user of users.slice(0, 60)) {
    const all = await w5.call(user)
    demand(w5.count(all) >= 1_000, `W5 has ${w5.count(all)} flags`)
    demand(w5.get(all, 'w1') === true && w5.get(all, 'w1off') !== true, 'W5 is wrong for W1')
    demand(w5.get(all, 'flag-00000') === true && w5.get(all, 'flag-00003') !== true, 'W5 is wrong')
    demand(w5.get(all, 'w2') === (await w2(user)), 'W5 does not agree with W2')
    if (w5.get(all, 'w3') === true) rules++
  }
  demand(rules > 3 && rules < 30, `W5 is on for ${rules} of 60 users by rules`)
}

async function checkShare(
  users: readonly User[],
  expected: number,
  isOn: (user: User) => Promise<boolean>,
): Promise<void> {
  let on = 0
  const asked = await forSample(users, async (user) => {
    if (await isOn(user)) on++
  })
  const tolerance = SIGMAS * Math.sqrt((expected * (1 - expected)) / asked)
  demand(Math.abs(on / asked - expected) <= tolerance, `it is on for ${on} of ${asked} users`)
}

/** Asks one after the other while there is time; how many were asked. */
async function forSample(
  users: readonly User[],
  ask: (user: User, place: number) => Promise<void>,
): Promise<number> {
  const until = performance.now() + BUDGET_MS
  let asked = 0
  for (const user of users) {
    if (asked >= AT_LEAST && performance.now() > until) break
    await ask(user, asked++)
  }
  return asked
}

const BASE: User = { key: 'probe', country: 'ZA', email: 'x@mail.example', plan: 'pro', version: '2.1.0' }

/** Each of the first four rules alone, and none. */
const PROBES: readonly (readonly [Partial<User>, boolean])[] = [
  [{ country: 'US' }, true],
  [{ email: 'x@corp.example' }, true],
  [{ version: '3.10.0' }, true],
  [{ version: '3.2.0' }, true],
  [{ plan: 'enterprise' }, true],
  [{ version: '3.1.9' }, false],
  [{}, false],
]

function userAt(users: readonly User[], place: number): User {
  const user = users[place]
  if (user === undefined) throw new Error('there are no users')
  return user
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}
