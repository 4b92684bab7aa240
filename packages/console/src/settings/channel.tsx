/** One channel: its settings, and what became of each signal on it. */
import { useParams, useRouter } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Status } from '../ui/status.tsx'
import { channelFields } from './channel-fields.ts'
import { Deliveries } from './deliveries.tsx'
import { EditCard } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { RemoveCard } from './remove-card.tsx'
import { SettingsPage } from './settings-page.tsx'

type Channel = Answer<'getChannel'>

export function ChannelPage(): ReactElement {
  const { project = '', channel = '' } = useParams({ strict: false })
  const read = useLive('getChannel', { params: { project, channel } })
  return (
    <SettingsPage
      title={channel}
      beside={read.data === undefined ? undefined : <Status of={read.data.state} />}
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>{(it) => <Parts project={project} channel={it} />}</Loaded>
    </SettingsPage>
  )
}

interface PartsProps {
  readonly project: string
  readonly channel: Channel
}

function Parts({ project, channel }: PartsProps): ReactElement {
  const update = useWrite('updateChannel')
  const remove = useWrite('deleteChannel')
  const router = useRouter()
  const cannot = useCannot('project:write')
  const { key, kind, settings, subscribes, state, revision } = channel
  const params = { project, channel: key }
  const waiting = useLive('listDeliveries', {
    params: { project },
    query: { channel: key, state: 'waiting' },
  })
  const waits = waiting.data?.items.length ?? 0
  const request = `/api/v1/projects/${project}/channels/${key}`
  return (
    <>
      <EditCard
        title={`A channel of kind ${kind}`}
        says={
          channel.disabledBecause === undefined
            ? undefined
            : `The server has disabled it: ${channel.disabledBecause}. Put that right and set it active.`
        }
        what="the channel"
        fields={channelFields(kind)}
        stored={{ settings, subscribes, state }}
        revision={revision}
        cannot={cannot}
        bodyOf={(fields) => ({ kind, settings: {}, ...fields })}
        save={(body, ifMatch) =>
          // The form has the fields of the kind; the server checks the shape.
          update.mutateAsync([{ params, body: body as never, ifMatch }]).catch(() => undefined)
        }
        saving={update.isPending}
        error={update.error}
        command={(body) =>
          `flagmarshal channel ${body['state'] === 'disabled' ? 'disable' : 'enable'} ${key}`
        }
        request={`PUT ${request}`}
      />
      <Deliveries project={project} channel={key} />
      <RemoveCard
        what={`the channel ${key}`}
        cannot={cannot}
        command={`flagmarshal channel delete ${key}`}
        request={`DELETE ${request}`}
        remove={async () => {
          await remove.mutateAsync([{ params }])
          router.history.push(paths.channels(project))
        }}
      >
        {waits === 0 ? 'Nothing waits for it.' : `${waits} signals that wait for it are dropped.`} Who was
        told through it is not told any more: {subscribes.join(', ')}.
      </RemoveCard>
    </>
  )
}
