/** The context in OpenFeature's form, a new object for each call. */
import type { User } from '../workload.ts'

/** What flagd, OpenFeature and we call a context. */
export function contextOf(user: User) {
  return {
    targetingKey: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}
