/** The definition that runs follow: its metadata, its steps, and where the procedures are found that it names. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf, wordOf } from '../form/field.ts'
import { line } from '../form/make-field.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { EditCard } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

type Definition = Answer<'showProcedure'>

export function Procedure(): ReactElement {
  const { procedure = '' } = useParams({ strict: false })
  const read = useRead('showProcedure', { params: { procedure } })
  return (
    <SettingsPage title="Procedure">
      <Loaded read={read}>{(it) => <Metadata definition={it} />}</Loaded>
      <Related />
    </SettingsPage>
  )
}

function Metadata({ definition: it }: { readonly definition: Definition }): ReactElement {
  return (
    <Card
      title={it.name}
      beside={
        <Status of={it.status === 'active' ? 'go' : 'off'} word={`${it.status}, version ${it.version}`} />
      }
    >
      <table className="fm-table" aria-label="Metadata">
        <tbody>
          <tr>
            <th scope="row">Id</th>
            <td>
              <code>{it.id}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">Owner</th>
            <td>{it.owner}: told of every blocked and aborted run</td>
          </tr>
          <tr>
            <th scope="row">Made from</th>
            <td style={{ overflowWrap: 'anywhere' }}>
              {it.source.document}, SHA-256 <code>{it.source.sha256}</code>
            </td>
          </tr>
          <tr>
            <th scope="row">Related</th>
            <td>
              {it.related.map((one) => (
                <div key={one.name}>
                  {one.address === null ? (
                    <>
                      {one.name} <span className="fm-dim">has no address yet</span>
                    </>
                  ) : (
                    <a href={one.address} target="_blank" rel="noreferrer">
                      {one.name}
                    </a>
                  )}
                </div>
              ))}
            </td>
          </tr>
          <tr>
            <th scope="row">Steps</th>
            <td>
              {itemsOf(it['steps']).map((step) => {
                const { number, title } = fieldsOf(step)
                return (
                  <div key={String(number)}>
                    {String(number)} · {String(title)}
                  </div>
                )
              })}
            </td>
          </tr>
        </tbody>
      </table>
      <p className="fm-sentence">
        Only an active definition starts runs; each run keeps the version that it began with.
      </p>
      <div className={classes['twin']}>
        <CopyCommand
          command={`flagmarshal procedure show ${it.id}`}
          request={`GET /api/v1/procedures/${it.id}`}
        />
      </div>
    </Card>
  )
}

function Related(): ReactElement {
  const read = useLive('showRelatedProcedures')
  const write = useWrite('writeRelatedProcedures')
  const cannot = useCannot('access:write')
  return (
    <Loaded read={read}>
      {({ items, revision, changedBy }) => (
        <EditCard
          title="Where related procedures are found"
          says={
            changedBy === null
              ? 'Nobody has said so yet. The addresses stand in every document and every way to a missing input.'
              : `Changed by ${changedBy}. The addresses stand in every document and every way to a missing input.`
          }
          what="the addresses"
          fields={items.map((it) =>
            line(it.name, it.name, { optional: true, help: 'An http or https address.' }),
          )}
          stored={Object.fromEntries(
            items.flatMap((it) => (it.address === null ? [] : [[it.name, it.address]])),
          )}
          revision={revision}
          cannot={cannot}
          bodyOf={(addresses) => ({ addresses })}
          save={(body, ifMatch) =>
            // The form has its fields; the server checks the shape.
            write.mutateAsync([{ body: body as never, ifMatch }]).catch(() => undefined)
          }
          saving={write.isPending}
          error={write.error}
          command={({ addresses }) => {
            const name = Object.keys(fieldsOf(addresses))[0] ?? items[0]?.name ?? ''
            return `flagmarshal procedure relate ${quoted(name)} ${wordOf(addresses, name, 'https://…')}`
          }}
          request="PUT /api/v1/related-procedures"
        />
      )}
    </Loaded>
  )
}
