/** What a run hands on: the outputs by name with hash and approval, and everything as one file. */
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useFeature } from '../procedure/feature-layout.tsx'
import { MilestoneRows } from '../procedure/milestone-rows.tsx'
import { client, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { saveFile } from './save-file.ts'

import classes from '../procedure/feature.module.css'

const NAMES = [
  ['strategy', 'Strategy'],
  ['flag-configuration', 'Flag configuration'],
  ['rollout-plan', 'Rollout plan'],
  ['monitoring-configuration', 'Monitoring configuration'],
  ['rollback-procedures', 'Rollback procedures'],
  ['documentation', 'Documentation'],
] as const
type Name = (typeof NAMES)[number][0]

export function Outputs(): ReactElement {
  const { run } = useFeature()
  return (
    <>
      <BundleFile />
      {NAMES.map(([name, title]) => (
        <OneOutput key={name} name={name} title={title} />
      ))}
      <Card title="Signals and links" flush>
        <table className="fm-table">
          <tbody>
            <MilestoneRows run={run} />
            {run.links.map((it) => (
              <tr key={`${it.kind} ${it.address}`}>
                <td>{it.title}</td>
                <td className="fm-dim">{it.kind}</td>
                <td>
                  {/^https?:/.test(it.address) ? (
                    <a href={it.address} target="_blank" rel="noreferrer">
                      {it.address}
                    </a>
                  ) : (
                    <code>{it.address}</code>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </>
  )
}

function BundleFile(): ReactElement {
  const { run } = useFeature()
  const params = { project: run.project, run: run.id }
  const read = useRead('showBundle', { params })
  const save = useMutation({
    mutationFn: async () => {
      const outcome = await client.call('exportBundle', { params })
      if (!outcome.ok) throw new Error(outcome.problem.detail)
      saveFile(`${run.feature}-bundle.zip`, outcome.body, 'application/zip')
    },
  })
  return (
    <Card
      title="Bundle"
      beside={
        read.data === undefined ? undefined : read.data.approved ? (
          <Status of="approved" />
        ) : (
          <Status of="locked" word="Not approved as it is" />
        )
      }
      actions={
        <Button size="xs" loading={save.isPending} onClick={() => save.mutate()}>
          Download it as a zip
        </Button>
      }
    >
      <Sentence>
        Strategy, flags, plans, documents, evidence, approvals and the audit chain; it can be verified without
        this server.
      </Sentence>
      <Loaded read={read}>
        {(bundle) => (
          <p className="fm-dim">
            hash <code className={classes['break']}>{bundle.hash}</code>
          </p>
        )}
      </Loaded>
      {save.error === null ? null : <ErrorView error={save.error} />}
      <CopyCommand
        command={`flagmarshal feature bundle ${run.feature} --export ${run.feature}-bundle.zip && flagmarshal audit verify --file ${run.feature}-bundle.zip`}
        request={`GET /api/v1/projects/${run.project}/runs/${run.id}/bundle/export`}
      />
    </Card>
  )
}

function OneOutput({ name, title }: { readonly name: Name; readonly title: string }): ReactElement {
  const { run } = useFeature()
  const [open, setOpen] = useState(false)
  return (
    <Card
      title={title}
      actions={
        <Button variant="default" size="xs" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Close' : 'Show'}
          <span className="fm-hidden"> {title}</span>
        </Button>
      }
    >
      <CopyCommand
        command={`flagmarshal feature outputs ${run.feature} ${name}`}
        request={`GET /api/v1/projects/${run.project}/runs/${run.id}/outputs/${name}`}
      />
      {open ? <Content name={name} /> : null}
    </Card>
  )
}

function Content({ name }: { readonly name: Name }): ReactElement {
  const { run } = useFeature()
  const read = useRead('showOutput', { params: { project: run.project, run: run.id, output: name } })
  return (
    <Loaded read={read}>
      {(output) => (
        <>
          <Approved output={output} />
          <pre className={classes['json']} tabIndex={0}>
            {JSON.stringify(output.content, null, 2)}
          </pre>
        </>
      )}
    </Loaded>
  )
}

function Approved({ output: it }: { readonly output: Answer<'showOutput'> }): ReactElement {
  return (
    <p>
      {it.state === 'approved' ? (
        <Status of="approved" word="Exactly this was approved" />
      ) : (
        <Status of="locked" word="Not approved" />
      )}{' '}
      <span className="fm-dim">
        hash <code>{it.hash.slice(0, 12)}</code>
        {it.approvals.map((one) => `, ${one.role.replaceAll('-', ' ')} ${one.by}`).join('')}
      </span>
    </p>
  )
}
