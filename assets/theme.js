// Sets the chosen theme before anything is painted. Without a choice the system's holds.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage may be forbidden */ }
document.documentElement.classList.add("scripted");
