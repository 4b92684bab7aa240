/** Whether the own account is connected with the organisation's provider, and connecting it. */
import type { ReactElement } from 'react'

import { problemOf, useRead } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { LeaveForProvider } from './leave-for-provider.tsx'
import { Prove } from './prove.tsx'

/** Of the own account, whether it is connected. Nothing where the organisation has no provider. */
export function Connection(): ReactElement | null {
  const read = useRead('showIdentity')
  if (read.data !== undefined && read.data.provider === null && read.data.connected === null) return null
  return (
    <Card
      title={
        read.data?.provider === undefined || read.data.provider === null
          ? 'Sign-in'
          : `Sign-in at ${read.data.provider}`
      }
    >
      <Loaded read={read}>
        {({ provider, connected }) =>
          connected === null ? (
            <>
              <p className="fm-dim">Your account is not connected: you sign in with your password alone.</p>
              <LeaveForProvider
                to="beginConnection"
                page="/account"
                onError={(error) => (problemOf(error)?.code === 'proof-needed' ? <Prove /> : null)}
              >
                {`Connect with ${provider ?? 'it'}`}
              </LeaveForProvider>
            </>
          ) : (
            <p>
              <Status of="pass" word="Connected" /> as <code>{connected.subject}</code> of{' '}
              <code>{connected.issuer}</code>
              {connected.seenAt === null ? null : (
                <>
                  , last signed in <TimeAgo at={connected.seenAt} />
                </>
              )}
              .{' '}
              {connected.roles.length === 0
                ? 'Its groups gave you no role.'
                : `Its groups gave you: ${connected.roles.map(inWords).join(', ')}.`}
            </p>
          )
        }
      </Loaded>
    </Card>
  )
}

function inWords({
  role,
  project,
  environment,
}: {
  readonly role: string
  readonly project?: string | undefined
  readonly environment?: string | undefined
}): string {
  const place = [project, environment].filter((it) => it !== undefined).join('/')
  return place === '' ? role : `${role} in ${place}`
}
