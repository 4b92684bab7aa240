/**
 * What backend, edge and shoppers have in common as programs: how they are told what to do, how they
 * tell where they listen, and when they end.
 */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

/** What a part says to the program that started it. */
export type PartMessage = { readonly kind: 'listening'; readonly url: string }

/** A setting from the environment. Ends the program with one sentence where it is missing. */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback
  if (value !== undefined && value !== '') return value
  console.error(`${name} is not set: see examples/shop/README.md.`)
  process.exit(1)
}

/** Connects this instance to Flagmarshal as FLAGMARSHAL_URL, FLAGMARSHAL_SDK_KEY and SHOP_ENVIRONMENT say. */
export async function connect(
  application: string,
  layers: readonly ('backend' | 'frontend' | 'middleware')[],
): Promise<Connection> {
  const connection = createFlagmarshal({
    url: setting('FLAGMARSHAL_URL'),
    key: setting('FLAGMARSHAL_SDK_KEY'),
    environment: setting('SHOP_ENVIRONMENT', 'production'),
    application,
    layers,
    allowVerification: true,
  })
  // Not waiting would be fine, too: every flag then answers off until the first snapshot.
  await OpenFeature.setProviderAndWait(connection.provider).catch((error: unknown) => {
    console.error(`${application} starts without Flagmarshal, with every flag off: ${String(error)}`)
  })
  return connection
}

/** Tells the starter something; without one, prints it. */
export function tell(message: PartMessage): void {
  if (process.send === undefined) console.log(JSON.stringify(message))
  else process.send(message)
}

/** Calls `close` once when this program is asked to end, or when the one that started it is gone. */
export function endWith(close: () => Promise<void>): void {
  let ending: Promise<void> | undefined
  const end = (): void => {
    ending ??= close().finally(() => process.exit(0))
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  if (process.send !== undefined) process.once('disconnect', end)
}
