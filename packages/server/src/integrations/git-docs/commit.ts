/**
 * One commit as the stream that `git fast-import` reads: every file in it at once, no working tree.
 * Format: https://git-scm.com/docs/git-fast-import
 */

/** A file as it is to be; its path holds neither quotes nor line ends. */
export interface FileChange {
  readonly path: string
  readonly content: Buffer
}

export interface NewCommit {
  readonly ref: string
  /** Empty for the first commit of a branch. */
  readonly parent: string
  readonly message: string
  readonly at: Date
  /** Is emptied first, so that what is no document any more goes. */
  readonly folder: string
  readonly changes: readonly FileChange[]
}

const AUTHOR = 'Flagmarshal <flagmarshal@localhost>'

/** The stream. */
export function fastImport({ ref, parent, message, at, folder, changes }: NewCommit): Buffer {
  const when = `${Math.floor(at.getTime() / 1000)} +0000`
  return Buffer.concat([
    line(`commit ${ref}`),
    line(`author ${AUTHOR} ${when}`),
    line(`committer ${AUTHOR} ${when}`),
    counted(Buffer.from(message, 'utf8')),
    ...(parent === '' ? [] : [line(`from ${parent}`), line(`D ${folder}`)]),
    ...changes.flatMap((it) => [line(`M 100644 inline ${it.path}`), counted(it.content)]),
    line('done'),
  ])
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`, 'utf8')
}

function counted(content: Buffer): Buffer {
  return Buffer.concat([line(`data ${content.length}`), content, line('')])
}
