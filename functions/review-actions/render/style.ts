import { html, type Markup } from '../../shared/widget/html.ts';
import { TONES, type Tone } from '../fleet-status.ts';

interface Theme {
  readonly ground: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly field: string;
  readonly onTone: string;
  readonly tones: Readonly<Record<Tone, string>>;
}

/** The colours of CloudWatch's themes. Every text has a contrast of at least 4.5 to 1 against its background. */
const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    ground: '#ffffff',
    text: '#16191f',
    muted: '#545b64',
    line: '#d5dbdb',
    accent: '#0061b0',
    onAccent: '#ffffff',
    field: '#ffffff',
    onTone: '#ffffff',
    tones: {
      exposed: '#a3004f',
      failed: '#b3261e',
      refused: '#8a5300',
      quarantined: '#6a3fb5',
      acted: '#0b5cad',
      'would-act': '#00696b',
      'end-of-life': '#6b5b2e',
      waiting: '#59636f',
      done: '#1d6f42',
      skipped: '#6a6f78',
      quiet: '#545b64',
    },
  },
  dark: {
    ground: '#0f1b2a',
    text: '#e6e9ee',
    muted: '#a3b1c2',
    line: '#3a4a5e',
    accent: '#67b7ff',
    onAccent: '#0f1b2a',
    field: '#1a2838',
    onTone: '#0f1b2a',
    tones: {
      exposed: '#ff8fc4',
      failed: '#ff9a8f',
      refused: '#ffc46b',
      quarantined: '#cdb4ff',
      acted: '#8fc7ff',
      'would-act': '#7fdede',
      'end-of-life': '#d9c58a',
      waiting: '#b8c2cf',
      done: '#86d9a4',
      skipped: '#9aa6b4',
      quiet: '#a3b1c2',
    },
  },
};

/**
 * The style sheet of the widget. Every selector begins with the widget's own class, because nothing says that
 * CloudWatch isolates the styles of widgets from each other.
 */
export function style(theme: 'light' | 'dark'): Markup {
  const { ground, text, muted, line, accent, onAccent, field, onTone, tones } = THEMES[theme];
  const perTone = TONES.map(
    (tone) => html`
.ehr .ehr-badge.ehr-${tone}{background:${tones[tone]}}.ehr rect.ehr-${tone}{fill:${tones[tone]}}`,
  );
  return html`<style>
.ehr{background:${ground};color:${text};font:14px/1.45 "Amazon Ember","Helvetica Neue",Roboto,Arial,sans-serif;padding:4px 8px 12px}
.ehr *{box-sizing:border-box}
.ehr h2{font-size:18px;margin:8px 0 4px}.ehr h3{font-size:16px;margin:20px 0 6px}.ehr h4{font-size:14px;margin:12px 0 4px}
.ehr p{margin:4px 0}.ehr .ehr-muted{color:${muted}}
.ehr form{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;margin:8px 0}
.ehr label{display:flex;flex-direction:column;font-size:12px;color:${muted}}
.ehr input,.ehr select{font:inherit;color:${text};background:${field};border:1px solid ${muted};border-radius:4px;padding:5px 8px;min-width:9em}
.ehr button{font:inherit;font-weight:600;color:${accent};background:${ground};border:1px solid ${accent};border-radius:14px;padding:4px 14px;margin:0 6px 4px 0;cursor:pointer;text-align:left}
.ehr button.ehr-primary{background:${accent};color:${onAccent}}
.ehr button.ehr-danger{color:${tones.failed};border-color:${tones.failed}}
.ehr button.ehr-link{border:0;border-radius:2px;padding:0;margin:0;font-weight:400;text-decoration:underline;overflow-wrap:anywhere}
.ehr button:focus-visible,.ehr input:focus-visible,.ehr select:focus-visible,.ehr [tabindex]:focus-visible{outline:3px solid ${accent};outline-offset:2px}
.ehr .ehr-badge{color:${onTone};border-radius:4px;padding:1px 6px;white-space:nowrap;font-size:12px;font-weight:600}
.ehr cwdb-action{display:none}
.ehr .ehr-scroll{overflow-x:auto}
.ehr table{border-collapse:collapse;width:100%;font-size:13px}
.ehr th,.ehr td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid ${line};overflow-wrap:anywhere}
.ehr caption{text-align:left}.ehr th{color:${muted};font-weight:600}.ehr td.ehr-time,.ehr td.ehr-function{white-space:nowrap}.ehr-wide td.ehr-about{min-width:190px}
.ehr-wide .ehr-matrix th,.ehr-wide .ehr-matrix td{white-space:nowrap}.ehr-wide .ehr-matrix thead span{writing-mode:vertical-rl}
.ehr svg{display:block;max-width:100%}.ehr svg text{font:11px "Helvetica Neue",Arial,sans-serif;fill:${muted}}.ehr svg .ehr-sign{fill:${onTone};font-weight:700;text-anchor:middle}
.ehr svg .ehr-axis{stroke:${line}}
.ehr ul,.ehr ol{list-style:none;margin:4px 0;padding:0}.ehr .ehr-legend li{display:inline-block;margin:0 14px 4px 0}
.ehr .ehr-clusters{display:flex;flex-wrap:wrap;gap:12px}.ehr .ehr-cluster{border:1px solid ${line};border-radius:8px;padding:4px 12px 10px;flex:1 1 300px;min-width:0}
.ehr .ehr-group{margin:8px 0}.ehr .ehr-hosts{overflow-wrap:anywhere}
.ehr .ehr-needs li{display:grid;grid-template-columns:124px 1fr auto;gap:2px 10px;align-items:start;padding:5px 0;border-bottom:1px solid ${line};overflow-wrap:anywhere}
.ehr .ehr-needs .ehr-badge{justify-self:start}.ehr-narrow .ehr-needs li{grid-template-columns:1fr auto}.ehr-narrow .ehr-what{grid-column:1/-1;grid-row:2}
.ehr details summary{cursor:pointer;color:${accent};font-weight:600;padding:4px 0}
.ehr-narrow table,.ehr-narrow tbody,.ehr-narrow tr,.ehr-narrow td,.ehr-narrow caption{display:block}.ehr-narrow thead{display:none}.ehr-narrow tr{display:grid;grid-template-columns:1fr auto;gap:0 8px;border-bottom:1px solid ${line};padding:6px 0}.ehr-narrow td{border:0;padding:1px 0;min-width:0}
.ehr-narrow td.ehr-about,.ehr-narrow td.ehr-why{grid-column:1/-1}.ehr-narrow td.ehr-time{grid-row:1;grid-column:1;color:${muted}}.ehr-narrow td.ehr-decision{grid-row:1;grid-column:2}
.ehr .ehr-incident li{border-left:3px solid ${line};padding:2px 0 4px 12px;margin:0 0 6px}.ehr .ehr-incident summary{font-weight:400;color:${muted};padding:0}
.ehr dl{margin:2px 0;font-size:12px;overflow-wrap:anywhere}.ehr dt{float:left;margin-right:6px;color:${muted}}.ehr dd{margin:0}
.ehr .ehr-note{border:1px solid ${line};border-radius:8px;padding:8px 12px;margin:8px 0}${perTone}
</style>`;
}
