/// <reference lib="dom" />
/** As the system has it, light, or dark; nothing else is kept in the browser. */
export function switchTheme(): void {
  const themes = ['auto', 'light', 'dark'];
  const button = document.createElement('button');
  let theme = remembered();
  const show = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.type = 'button';
  button.className = 'theme';
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    try {
      localStorage.setItem('theme', theme);
    } catch {} // not kept, then
    show();
  });
  show();
  document.querySelector('nav')?.append(button);

  function remembered(): string {
    try {
      const kept = localStorage.getItem('theme') ?? 'auto';
      return themes.includes(kept) ? kept : 'auto';
    } catch {
      return 'auto';
    }
  }
}
