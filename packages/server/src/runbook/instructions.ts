/** What the export says about itself: how to verify it without the server. */

/** The text of its README. */
export function instructions(chain: string): string {
  return `# Exported bundle

Verify it on any machine, without the server:

    flagmarshal audit verify --file bundle.zip

It ends with 0 where everything holds and with 7 where something was changed, naming the file.

By hand:

1. \`manifest.json\` names the SHA-256 of every other file.
2. \`bundles/<hash>.json\` and \`evidence/<hash>.json\` hash to their names. The bundle lists the evidence
   that each Go used, and the hash of each document in \`documents/\`.
3. \`audit/chain.jsonl\` is the chain ${chain} from its first entry. The hash of an entry is the SHA-256 of
   the canonical JSON (RFC 8785) of its members without \`hash\`, and \`chain\` with the chain's name.
   Each entry names the hash of the one before.
4. Each approval in \`approvals.json\` names the hash of the bundle that it is for, and has its entry in
   the chain.

Whoever changed all of it alike is found by a head of the chain that was noted elsewhere: each commit of
the documentation repository has one as its trailer \`Flagmarshal-Audit-Head: <entries>:<hash>\`. Add it
with \`--anchor <entries>:<hash>\`.
`
}
