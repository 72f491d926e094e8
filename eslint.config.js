import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import vue from 'eslint-plugin-vue';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { layersRule } from './scripts/eslint/layers.mjs';

const typed = ['**/*.ts', '**/*.vue'];
const plain = ['**/*.js', '**/*.mjs', '**/*.cjs', 'bin/carousel'];
const nodeGlobals = Object.fromEntries(
  Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']),
);

export default defineConfig([
  globalIgnores([
    'dist/',
    'release/',
    'native-helpers/build/',
    'test-results/',
    'playwright-report/',
    'coverage/',
    '**/*.gen.*',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: [...typed, ...plain], extends: [js.configs.recommended] },
  { files: plain, languageOptions: { sourceType: 'module', globals: nodeGlobals } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  // The rules that ask for types: here for components only; .oxlintrc.json has them for the rest, where they take a tenth of the time.
  { files: ['**/*.ts'], extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.vue'],
    extends: [tseslint.configs.recommendedTypeChecked, vue.configs['flat/recommended']],
  },
  {
    files: typed,
    plugins: { carousel: { rules: { layers: layersRule } } },
    rules: {
      'carousel/layers': 'error',
      eqeqeq: 'error',
      'no-undef': 'off', // the compiler knows better
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        project: './tsconfig.lint.json',
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      'vue/multi-word-component-names': 'off', // templates use PascalCase, so no element can be meant
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/require-await': 'off',
    },
  },
  prettier,
]);
