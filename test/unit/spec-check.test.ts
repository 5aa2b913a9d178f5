import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { specCheck } from '../support/spec-check.ts'
import type { VendorRequest } from '../support/vendor-server.ts'

const description = `
openapi: 3.0.0
paths:
  /tickets/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    put:
      parameters:
        - { name: notify, in: query, required: true, schema: { type: boolean } }
        - { name: 'fields[]', in: query, schema: { type: array, items: { enum: [a, b] } } }
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Ticket' } }
          multipart/form-data:
            schema: { type: object, properties: { size: { type: integer }, 'files[]': { type: array } } }
  /tickets/mine:
    get: {}
components:
  schemas:
    Ticket:
      type: object
      required: [subject, id]
      properties:
        id: { type: integer, readOnly: true }
        subject: { type: string, nullable: true }
        rank: { type: integer, minimum: 1, exclusiveMinimum: true }
        rules: { type: array, items: { $ref: '#/components/schemas/Ticket' } }
        color: { allOf: [{ enum: [red] }], nullable: true }
`

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specs-'))
  writeFileSync(join(folder, 'desk.yaml'), description)
  vi.stubEnv('HELPDESK_SPECS_DIR', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function request(more: Partial<VendorRequest> = {}): VendorRequest {
  const { json } = more
  return {
    method: 'PUT',
    path: '/api/tickets/7',
    params: {},
    query: { notify: 'true' },
    headers: { 'content-type': 'application/json' },
    files: [],
    bytes: Buffer.from(json === undefined ? '' : JSON.stringify(json)),
    json: undefined,
    ...more,
  }
}

// A file is read once, so each test has one of its own by its patch.
function faults(...asked: VendorRequest[]): string[] {
  const check = specCheck([{ file: 'desk.yaml', base: '/api', patch: () => undefined }])
  return asked.flatMap((one) => check.hold(one))
}

describe('specCheck', () => {
  it('lets pass what the description takes', () => {
    const query = { notify: 'false', 'fields[]': 'a,b' }
    const json = { subject: null, rank: 2, rules: [{ subject: 'x' }], color: null }
    expect(
      faults(request({ query, json }), request({ method: 'GET', path: '/api/tickets/mine', query: {} })),
    ).toEqual([])
  })

  it.each<[string, Partial<VendorRequest>, RegExp]>([
    ['a path that is not there', { path: '/api/ticket/7' }, /^desk\.yaml: no PUT \/api\/ticket\/7$/],
    ['a method that is not there', { method: 'PATCH' }, /no PATCH/],
    ['a path without its base', { path: '/tickets/7' }, /no PUT/],
    [
      'a path parameter of another type',
      { path: '/api/tickets/x' },
      /PUT \/tickets\/\{id\}: path id .*integer/,
    ],
    ['a query that is missing', { query: {} }, /query notify is required/],
    ['a query of another type', { query: { notify: 'perhaps' } }, /query notify .*boolean/],
    ['a query out of its values', { query: { notify: 'true', 'fields[]': 'a,c' } }, /query fields\[\]\/1/],
    ['a query that is not listed', { query: { notify: 'true', page: '1' } }, /query page is not listed/],
    ['no body', { json: undefined }, /body is required/],
    ['a field that is missing', { json: { rank: 2 } }, /body .*required property 'subject'/],
    ['a field of another type', { json: { subject: 7 } }, /body\/subject .*string/],
    ['a field deep inside', { json: { subject: '', rules: [{ subject: [] }] } }, /body\/rules\/0\/subject/],
    ['an exclusive bound', { json: { subject: '', rank: 1 } }, /body\/rank .*> 1/],
    ['a value out of its list', { json: { subject: '', color: 'blue' } }, /body\/color/],
    ['a misspelt field', { json: { subject: '', subjekt: '' } }, /body\/subjekt is not listed/],
  ])('finds %s', (_what, more, fault) => {
    const found = faults(request({ json: { subject: 'x' }, ...more }))
    expect(found.join('\n')).toMatch(fault)
    expect(found.every((line) => line.startsWith('desk.yaml: '))).toBe(true)
  })

  it('reads the fields of forms as what they stand for', () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const file = { field: 'files[]', name: 'a', type: 'b', bytes: Buffer.alloc(0) }
    const form = (json: object) => request({ headers, bytes: Buffer.from('x'), files: [file, file], json })
    expect(faults(form({ size: '12' }))).toEqual([])
    expect(faults(form({ size: 'twelve' })).join()).toMatch(/form\/size .*integer/)
    expect(faults(form({ length: '1' })).join()).toMatch(/form\/length is not listed/)
    const bytes = request({ headers: { 'content-type': 'text/plain' }, bytes: Buffer.from('x') })
    expect(faults(bytes).join()).toMatch(/takes no text\/plain, but application\/json/)
  })

  it('names a folder or a file that is missing', () => {
    expect(() => specCheck([{ file: 'other.yaml' }])).toThrow(/other\.yaml is not in/)
    vi.stubEnv('HELPDESK_SPECS_DIR', join(folder, 'nowhere'))
    expect(() => specCheck([{ file: 'desk.yaml' }])).toThrow(/HELPDESK_SPECS_DIR names .*nowhere/)
  })
})
