/** Reading test results: what runners write, and files made to hurt. */
import { describe, expect, it } from 'vitest'

import { watchStalls } from '../../../../tests/support/stalls.ts'
import { readTests } from './read-tests.ts'

const read = (text: string) => readTests(Buffer.from(text))

describe('JUnit XML', () => {
  it('P-I3 reads JUnit and CTRF: failures, errors and skips of nested suites', async () => {
    const xml = `﻿<?xml version="1.0" encoding="UTF-8"?>
      <!-- written by a runner -->
      <testsuites tests="5" failures="1" errors="1">
        <testsuite name="shop" tests="5" failures="1" errors="1" skipped="1">
          <properties><property name="a" value="&lt;b&gt;"/></properties>
          <testsuite name="inner" tests="2">
            <testcase classname="pay" name="once"/>
            <testcase classname="pay" name="twice"><failure message="no"><![CDATA[ <testcase/> ]]></failure></testcase>
          </testsuite>
          <testcase name="late"><skipped/></testcase>
          <testcase name="broken"><error/><system-out>x</system-out></testcase>
          <testcase name="flaky"><flakyFailure message="first try"/></testcase>
        </testsuite>
      </testsuites>`
    expect(await read(xml)).toEqual({
      format: 'junit',
      total: 5,
      passed: 2,
      failed: 2,
      skipped: 1,
      failing: ['pay › twice', 'broken'],
    })
    const ctrf = {
      results: { summary: { tests: 1, passed: 1, failed: 0 }, tests: [{ name: 'a', status: 'passed' }] },
    }
    expect(await read(JSON.stringify(ctrf))).toMatchObject({ format: 'ctrf', total: 1, failed: 0 })
  })

  it('counts a suite that failed outside of its tests', async () => {
    const xml =
      '<testsuite tests="1" errors="1"><testcase name="a"/><system-err>set-up failed</system-err></testsuite>'
    expect(await read(xml)).toMatchObject({ total: 1, failed: 1 })
  })

  it.each([
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>'],
    ['an entity of its own', '<testsuites><testcase name="&a;"/></testsuites>'],
    ['no end', '<testsuites><testsuite><testcase name="a"/>'],
    ['two roots', '<testsuites/><testsuites/>'],
    ['much depth', `<testsuites>${'<a>'.repeat(40)}${'</a>'.repeat(40)}</testsuites>`],
    ['a number of failures that is none', '<testsuite failures="many"/>'],
  ])('refuses a file with %s', async (_, xml) => {
    expect(await read(xml)).toHaveProperty('unreadable')
  })

  it('lets nobody wait for a file of 5 MB: pieces of it are read in turns', async () => {
    const xml = `<testsuites>${'<testcase classname="some.class" name="some test case"/>'.repeat(90_000)}</testsuites>`
    expect(xml.length).toBeGreaterThan(4_900_000)
    const stalls = watchStalls()
    expect(await read(xml)).toMatchObject({ total: 90_000, failed: 0 })
    expect(stalls.stop()).toBeLessThan(200)
  })
})

describe('something else', () => {
  it.each([
    ['a page', '<!-- hello --><html><body>testsuite</body></html>'],
    ['other JSON', '{"a": 1}'],
    ['text', 'all tests passed'],
    ['nothing', ''],
  ])('%s holds no results', async (_, text) => {
    expect(await read(text)).toBeUndefined()
  })

  it('is no UTF-8', async () => {
    expect(await readTests(Buffer.from([0x3c, 0xff, 0xfe]))).toEqual({ unreadable: 'it is not UTF-8' })
  })
})
