/**
 * The last words: what was shown, and where to look next.
 */
import type { Cast } from './cast.ts'
import type { Output } from './output.ts'
import { PROJECT } from './set-up.ts'

export interface Closing {
  readonly server: string
  readonly shop: string
  readonly cast: Cast
  /** Whether server, shop and shoppers go on running. */
  readonly kept: boolean
  /** Whether the server is the demo's own, and ends with it. */
  readonly own: boolean
}

/** Prints them. */
export function close({ server, shop, cast, kept, own }: Closing, output: Output): void {
  output.heading('Where to look next')
  if (!kept) {
    output.line(
      'npm run demo -- --keep        leaves everything running and prints the commands to look at it',
    )
    output.line('npm start                     a server of your own; README.md goes on from there')
    output.line('examples/shop/README.md       the shop, its two features and what to try with them')
    return
  }
  const say = (command: string, about: string): void =>
    output.line(`npm run -s flagmarshal -- ${command.padEnd(48)} # ${about}`)
  output.line(`The shop is open at ${shop}, with shoppers in it. In another terminal:`)
  output.line('')
  output.line(
    `export FLAGMARSHAL_SERVER=${server} FLAGMARSHAL_PROJECT=${PROJECT} FLAGMARSHAL_TOKEN=${cast.operationsLead.token}`,
  )
  say('rollout status fast-search', 'where it stands, and who has confirmed')
  say('rollout decisions new-checkout', 'every decision with its arithmetic')
  say('rollout report fast-search', 'what the system wrote about the rollback')
  say('feature show new-checkout', 'the procedure that it went through')
  say('kill new-checkout -e production --wait 10s', 'off at once, confirmed by every instance')
  say('audit verify', 'recompute the audit chain')
  output.line('')
  output.line(
    own
      ? 'Ctrl-C ends everything and removes the database.'
      : `Ctrl-C ends the shop. The project ${PROJECT} stays: ${server}/p/${PROJECT}/f`,
  )
}
