/** The gate as a workflow of GitHub and as a job of GitLab, for the pipeline that deploys to call. */

/** A reusable workflow around the composite action. */
export function githubWorkflow({
  project,
  action,
}: {
  readonly project: string
  readonly action: string
}): string {
  return `# Goes on only when a gate of a feature is open. The workflow that deploys calls it:
#
#   jobs:
#     gate:
#       uses: ./.github/workflows/flagmarshal-gate.yml
#       with: { feature: new-checkout }
#       secrets: inherit
#     deploy:
#       needs: gate
#
# The variable FLAGMARSHAL_SERVER is the address of the server; the secret FLAGMARSHAL_TOKEN that of an
# automation: flagmarshal token automation pipeline
name: Flagmarshal gate
on:
  workflow_call:
    inputs:
      feature: { description: Key of the feature., required: true, type: string }
      gate: { description: Which gate., default: plan-approved, type: string }
      wait: { description: 'How long to wait for it, like 30m.', default: '', type: string }
    secrets:
      FLAGMARSHAL_TOKEN: { required: true }
  workflow_dispatch:
    inputs:
      feature: { description: Key of the feature., required: true, type: string }
      gate: { description: Which gate., default: plan-approved, type: string }
      wait: { description: 'How long to wait for it, like 30m.', default: '', type: string }
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: ${action}
        with:
          server: \${{ vars.FLAGMARSHAL_SERVER }}
          token: \${{ secrets.FLAGMARSHAL_TOKEN }}
          project: ${project}
          feature: \${{ inputs.feature }}
          gate: \${{ inputs.gate }}
          wait: \${{ inputs.wait }}
`
}

/** A hidden job to extend. */
export function gitlabJob({ project }: { readonly project: string }): string {
  return `# Goes on only when a gate of a feature is open. In .gitlab-ci.yml:
#
#   include: { local: .gitlab/flagmarshal-gate.yml }
#   deploy-gate:
#     extends: .flagmarshal-gate
#     variables: { GATE_FEATURE: new-checkout }
#
# FLAGMARSHAL_SERVER and FLAGMARSHAL_TOKEN (masked) are CI/CD variables of the project; the image of the job has the
# command flagmarshal, or GATE_COMMAND says how it is called.
.flagmarshal-gate:
  variables:
    FLAGMARSHAL_PROJECT: ${project}
    GATE_COMMAND: flagmarshal
    GATE_NAME: plan-approved
    GATE_WAIT: ''
  script:
    - $GATE_COMMAND gate check "$GATE_FEATURE" --gate "$GATE_NAME" \${GATE_WAIT:+--wait "$GATE_WAIT"}
  interruptible: true
  retry: 0
`
}
