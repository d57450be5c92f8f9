"""What every lab needs: settings, a study of many runs, results, comparisons."""
