/**
 * Every page, looked at as people do: both themes, on a desk and on a phone. A new page adds a line.
 */
import { afterAll, describe, expect, test } from 'vitest'

import { createApprovals, start, until } from '../../packages/server/test/support/rollouts.ts'
import { startTraffic } from '../../packages/server/test/support/traffic.ts'
import { accessibilityFaults, goDark, scrollsSideways, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedSettings, seedShop } from './support/seed.ts'

const PAGES = [
  ['home', '/'],
  ['now', '/now'],
  ['get started', '/p/shop/start'],
  ['features', '/p/shop/f'],
  ['a feature', '/p/shop/f/new-checkout'],
  ['a feature that has not been started', '/p/shop/f/gift-cards'],
  ['its inputs', '/p/shop/f/fast-search/inputs'],
  ['a step with a form', '/p/shop/f/new-checkout/steps/1'],
  ['the rollouts', '/p/shop/rollouts'],
  ['their calendar', '/p/shop/rollouts/calendar'],
  ['a rollout as it happens', '/p/shop/f/new-checkout/rollout'],
  ['a feature without a rollout', '/p/shop/f/gift-cards/rollout'],
  ['flags', '/p/shop/flags'],
  ['a flag', '/p/shop/flags/fast-search?env=development'],
  ['who gets what of it', '/p/shop/flags/fast-search?env=development&tab=explain'],
  ['its instances', '/p/shop/flags/fast-search?env=development&tab=instances'],
  ['its history', '/p/shop/flags/fast-search?env=development&tab=history'],
  ['its code', '/p/shop/flags/fast-search?env=development&tab=code'],
  ['two environments of a flag', '/p/shop/flags/fast-search/compare?from=development&to=production'],
  ['drafts', '/p/shop/drafts'],
  ['segments', '/p/shop/segments'],
  ['a segment', '/p/shop/segments/beta?env=development'],
  ['its work plan', '/p/shop/f/new-checkout/work-plan'],
  ['the step of the flags', '/p/shop/f/new-checkout/steps/2'],
  ['the step of the plan', '/p/shop/f/new-checkout/steps/3'],
  ['the step of monitoring', '/p/shop/f/new-checkout/steps/4'],
  ['the step of the rollback', '/p/shop/f/new-checkout/steps/5'],
  ['its documents', '/p/shop/f/new-checkout/documents'],
  ['a document', '/p/shop/f/new-checkout/documents/flag-configuration'],
  ['its approval', '/p/shop/f/new-checkout/approval'],
  ['its outputs', '/p/shop/f/new-checkout/outputs'],
  ['its evidence', '/p/shop/f/new-checkout/evidence'],
  ['rolling it back', '/p/shop/f/new-checkout/rollback'],
  ['the rollbacks', '/p/shop/rollbacks'],
  ['the audit chain', '/p/shop/audit'],
  ['the files of its monitoring', '/p/shop/f/new-checkout/monitoring-files'],
  ['registering a feature', '/p/shop/register'],
  ['the settings', '/settings'],
  ['the settings of a project', '/p/shop/settings'],
  ['environments and keys', '/p/shop/settings/environments'],
  ['channels', '/p/shop/settings/channels'],
  ['a channel', '/p/shop/settings/channels/ops'],
  ['connections', '/p/shop/settings/connections'],
  ['a connection', '/p/shop/settings/connections/metrics'],
  ['documentation', '/p/shop/settings/documentation'],
  ['the policy', '/p/shop/settings/policy'],
  ['hooks', '/p/shop/settings/hooks'],
  ['a hook', '/p/shop/settings/hooks/deploy'],
  ['automations', '/p/shop/settings/automations'],
  ['systems that send', '/p/shop/settings/senders'],
  ['people', '/settings/people'],
  ['invitations', '/settings/invitations'],
  ['the sign-in of the organisation', '/settings/sign-in'],
  ['plan templates', '/settings/plan-templates'],
  ['the procedure', '/settings/procedures/feature-flag-rollout'],
  ['secrets', '/settings/secrets'],
  ['retention', '/settings/retention'],
  ['the status', '/status'],
  ['the account', '/account'],
  [
    'a command line that asks to be let in',
    `/command-line?for=token&challenge=${'c'.repeat(43)}&state=${'s'.repeat(43)}&port=4861&machine=laptop`,
  ],
  ['a command line that asks who is there, of an address that is not whole', '/command-line?for=proof'],
  ['back to the terminal', '/command-line?done'],
  ['an address without a page', '/nowhere'],
] as const

const approvals = createApprovals()
const shop = openConsole(
  async (server) => {
    const seed = await seedShop(server)
    await seedSettings(server)
    const key = await shop.server.sdkKey('shop', 'production')
    const at = { server, project: 'shop', flag: 'new-checkout', key }
    const traffic = await startTraffic(at, { badShare: (variant) => (variant === 'on' ? 0.03 : 0.01) })
    const id = await start(at, approvals.approve('new-checkout'))
    await until(at, id, (it) => it.position?.percent === 50)
    return { ...seed, traffic }
  },
  { rolloutPorts: approvals },
)
afterAll(() => shop.seed.traffic.stop())

describe('every page is accessible in both themes, fits a phone, and can be read at 200 %', () => {
  test.each(PAGES)('%s', async (_, address) => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    const { page } = visitor
    await page.goto(address)
    await settled(page)
    expect(await accessibilityFaults(page)).toEqual([])
    await goDark(page)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    await expect.poll(() => scrollsSideways(page)).toBe(false)
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test.each([
    ['signing in', '/sign-in'],
    [
      'an invitation that is worth nothing',
      '/invitation#fm_invitation_0123456789012345678901234567890123456789012',
    ],
    ['the set-up of the first administrator', '/set-up#0123456789012345678901234567890123456789'],
  ])('%s', async (_, address) => {
    await using visitor = await shop.visit()
    const { page } = visitor
    await page.goto(address)
    await settled(page)
    expect(await accessibilityFaults(page)).toEqual([])
    await goDark(page)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    await expect.poll(() => scrollsSideways(page)).toBe(false)
  })
})
