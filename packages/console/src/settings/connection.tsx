/** One connection: whether it answers now, and its settings. */
import { useParams, useRouter } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { SuggestionsContext } from '../form/fields.tsx'
import { paths } from '../paths.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { CONNECTION } from './connection-fields.ts'
import { ConnectionTest } from './connection-test.tsx'
import { EditCard } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { RemoveCard } from './remove-card.tsx'
import { SettingsPage } from './settings-page.tsx'
import { settingsText } from './settings-text.ts'

import classes from './settings.module.css'

export function ConnectionPage(): ReactElement {
  const { project = '', connection = '' } = useParams({ strict: false })
  const read = useLive('getConnection', { params: { project, connection } })
  return (
    <SettingsPage title={connection} actions={<Freshness of={[read]} />}>
      <Loaded read={read}>{(it) => <Parts project={project} connection={it} />}</Loaded>
    </SettingsPage>
  )
}

interface PartsProps {
  readonly project: string
  readonly connection: Answer<'getConnection'>
}

function Parts({ project, connection }: PartsProps): ReactElement {
  const update = useWrite('updateConnection')
  const remove = useWrite('deleteConnection')
  const router = useRouter()
  const cannot = useCannot('project:write')
  const environments = useRead('getProject', { params: { project } })
  const rollouts = useRead('listRollouts', { params: { project } })
  const moving = rollouts.data?.items.filter((it) => it.endedAt === null).length ?? 0
  const { key, environment, settings, hasSecrets, revision } = connection
  const params = { project, connection: key }
  const request = `/api/v1/projects/${project}/connections/${key}`
  const known = environments.data?.environments.map((it) => it.key) ?? []
  return (
    <SuggestionsContext value={{ environments: known }}>
      <Card title="Does it answer">
        <ConnectionTest project={project} connection={key} />
        <div className={classes['twin']}>
          <CopyCommand command={`flagmarshal connection test ${key}`} request={`POST ${request}/test`} />
        </div>
      </Card>
      <EditCard
        title="Settings"
        says={
          hasSecrets.length === 0
            ? 'No secret is stored for it.'
            : `Secrets are stored for ${hasSecrets.join(', ')}.`
        }
        what="the connection"
        fields={CONNECTION}
        stored={{ ...(environment === undefined ? {} : { environment }), settings }}
        revision={revision}
        cannot={cannot}
        save={(body, ifMatch) =>
          // The form has its fields; the server checks the shape.
          update.mutateAsync([{ params, body: body as never, ifMatch }]).catch(() => undefined)
        }
        saving={update.isPending}
        error={update.error}
        command={(body) => `flagmarshal connection change ${key}${settingsText(body['settings'])}`}
        request={`PUT ${request}`}
      />
      <RemoveCard
        what={`the connection ${key}`}
        cannot={cannot}
        command={`flagmarshal connection delete ${key}`}
        request={`DELETE ${request}`}
        remove={async () => {
          await remove.mutateAsync([{ params }])
          router.history.push(paths.connections(project))
        }}
      >
        {moving === 0
          ? 'No rollout is under way.'
          : `${moving} ${moving === 1 ? 'rollout is' : 'rollouts are'} under way: those that measure through it are blind from then on, and hold or roll back as their plan says.`}{' '}
        Rules and dashboards that were installed stay where they are.
      </RemoveCard>
    </SuggestionsContext>
  )
}
