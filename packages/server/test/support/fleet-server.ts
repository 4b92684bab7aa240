/**
 * A whole server as a process of its own in which every run is approved with the same plan, so that
 * many rollouts can be started without many procedures. `FLEET_PLAN` is the plan, `FLEET_START` their start, at once unless given.
 */
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import { createApp } from '@flagmarshal/server/app'
import { readConfig } from '@flagmarshal/server/config'

const plan = RolloutPlan.parse(JSON.parse(process.env['FLEET_PLAN'] ?? ''))
const given = process.env['FLEET_START']
const start = given === undefined ? {} : { startAt: new Date(given) }

const app = await createApp(readConfig(), {
  rolloutPorts: {
    loadApprovedPlan: (_, __, run) => {
      const flag = run.replace('run_', '')
      return Promise.resolve({ feature: flag, flag, plan, bundleHash: `hash of ${run}`, ...start })
    },
  },
})
console.log(`Flagmarshal runs at ${await app.listen()}`)
